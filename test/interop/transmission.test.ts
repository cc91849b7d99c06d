import { transmission } from "./clients/transmission.ts"
import { creators, proves } from "./matrix.ts"

proves(transmission, creators)
