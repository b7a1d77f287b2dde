/* Styles of a part: a name in the file becomes one that no other part has. */
declare module '*.module.css' {
    const classes: { readonly [name: string]: string }
    export default classes
}
declare module '*.css'
