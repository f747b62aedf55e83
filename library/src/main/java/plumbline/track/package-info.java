/**
 * What other programs follow a run by: TensorBoard's event files and MLflow's tracking servers. All
 * of it is made of a run's own files, never the other way round.
 */
package plumbline.track;
