"""Staff and what each may see and do. May import audit, live, emails, carriers, sms and jobs."""
