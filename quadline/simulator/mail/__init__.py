"""Mail: a server that takes the college's, students' mailboxes,
and what students answer.
"""
