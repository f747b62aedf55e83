/** Responses that a server draws from the policy, whose adapter goes there. */
package plumbline.rollout;
