package plumbline.annotation.store;

/**
 * A response that is judged.
 *
 * @param id unique within the item
 * @param model who wrote it; not for annotators' eyes
 */
public record Response(String id, String model, String content) {}
