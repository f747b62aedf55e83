CREATE TRIGGER votes_are_kept BEFORE DELETE ON votes
BEGIN SELECT RAISE(ABORT, 'votes are never deleted, only superseded'); END;

CREATE TRIGGER votes_stay_as_cast BEFORE UPDATE ON votes
BEGIN SELECT RAISE(ABORT, 'votes are never changed, only superseded'); END;

CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted'); END;

CREATE TRIGGER audit_stays_as_written BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;

CREATE TRIGGER guidelines_are_kept BEFORE DELETE ON guidelines
BEGIN SELECT RAISE(ABORT, 'guidelines are never deleted, votes name their versions'); END;

CREATE TRIGGER guidelines_stay_as_published BEFORE UPDATE ON guidelines
BEGIN SELECT RAISE(ABORT, 'guidelines are never changed, a new version is published'); END;
