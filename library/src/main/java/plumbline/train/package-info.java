/** What every training loop shares: log-probabilities, the optimizer, learning-rate schedules. */
package plumbline.train;
