/** Proximal policy optimisation against a reward, with a critic and a KL penalty. */
package plumbline.ppo;
