"""The CRMs that teams have, one module each; server.gateways.crm.spec says what a module brings and what it is given."""
