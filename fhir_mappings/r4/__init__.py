"""FHIR R4B structures as msgspec Structs: the elements that are commonly sent, read strictly."""
