/** The table that names the schemas which no test uses: see test/stores.ts. */
export const freeSchemas = 'public.t_free_schema'
