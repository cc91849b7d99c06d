import { aria2 } from "./clients/aria2.ts"
import { creators, proves } from "./matrix.ts"

proves(aria2, creators)
