/** Several processes that train one model: who they are, what they exchange, who is missing. */
package plumbline.distributed;
