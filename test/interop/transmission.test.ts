import { transmission } from "./clients/transmission.ts"
import { proves } from "./matrix.ts"

proves(transmission)
