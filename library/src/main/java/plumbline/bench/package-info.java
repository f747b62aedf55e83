/** How fast this machine trains and samples: workloads of fixed shapes, measured in-process. */
package plumbline.bench;
