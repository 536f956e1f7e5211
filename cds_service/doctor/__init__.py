"""`osteo-cds doctor`: what an integrator runs first. It looks, says what it found and what to do, and changes nothing.

`checks` is about this machine (settings, clients, database), `keys` and `clock` about it and the key
servers, `fhir` asks a FHIR server what the service would ask it, `record` and `unknown` say what was
understood of the answers. Of the record only names and counts are said: no value, no date, no id.
"""
