/** A stored text that is none of its wire. Says what is wrong with the form, and nothing of the content. */
export class MalformedText extends Error {}
