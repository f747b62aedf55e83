/**
 * Preferences collected in four steps: hard prompts, responses of several models, judges' ratings,
 * people's votes. Each step is a log that a killed run goes on with.
 */
package plumbline.collect;
