-- breaks-clients: running clients that do not know 'suspended' of tenant_status fail when they read it
ALTER TYPE tenant_status ADD VALUE 'suspended';
