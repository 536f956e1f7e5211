"""The audit: one JSON record for each call, and FHIR AuditEvents made of the records."""
