/** Reward models from preference pairs. */
package plumbline.rewardmodel;
