/** The model server: OpenAI's chat, completions and models; reward models; tokens; measures. */
package plumbline.web.serve;
