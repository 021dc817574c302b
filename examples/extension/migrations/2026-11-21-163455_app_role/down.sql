-- The role stays: other databases of the server may need it.
REVOKE ALL ON extension_instance, comments FROM extension_app;
