/* The least length of a password, as openapi.yaml has it. */
export const PASSWORD_MIN = 12
