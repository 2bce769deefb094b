"""Tell a person's open screens that something changed; the event stream."""
