import { aria2 } from "./clients/aria2.ts"
import { proves } from "./matrix.ts"

proves(aria2)
