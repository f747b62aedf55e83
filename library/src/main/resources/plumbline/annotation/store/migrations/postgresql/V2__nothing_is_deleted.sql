CREATE FUNCTION plumbline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;

CREATE TRIGGER votes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON votes
FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();

CREATE TRIGGER guidelines_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON guidelines
FOR EACH STATEMENT EXECUTE FUNCTION plumbline_append_only();
