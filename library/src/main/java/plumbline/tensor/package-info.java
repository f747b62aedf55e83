/** libtorch on the JVM: scopes for native memory, the operations used, device and threads. */
package plumbline.tensor;
