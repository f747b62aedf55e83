package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * One line of the audit log.
 *
 * @param action such as {@code project.settings}
 * @param subject what it was done to, such as {@code project 3}
 */
public record AuditEntry(
    long id, Actor actor, String action, String subject, JsonNode detail, Instant created) {}
