-- may-fail: fails where nodes.position is null
ALTER TABLE nodes VALIDATE CONSTRAINT position__dbkit_not_null;
