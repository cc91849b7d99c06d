#!/usr/bin/env node
"use strict"
// The command is a package of its own: one file that needs nothing else, and none of what the library brings is loaded.
require("@unchoke/cli/bin/unchoke.js")
