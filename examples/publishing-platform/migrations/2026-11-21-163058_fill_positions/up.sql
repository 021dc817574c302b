-- Nodes of the time before positions: in the order of their paths, behind those that have one.
UPDATE nodes
SET position = numbered.position
FROM (
    SELECT id, row_number() OVER (PARTITION BY workspace_id, parent_id ORDER BY path) AS position
    FROM nodes
    WHERE position IS NULL
) AS numbered
WHERE nodes.id = numbered.id;
