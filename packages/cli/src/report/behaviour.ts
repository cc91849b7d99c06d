/** What a report does in a browser, as the text of its script: sorts and filters the peers. All that it shows is there without it. */
export const behaviour = `(() => {
  const textOf = (row) => Array.from(row.cells, (cell) => (cell.className === "time" ? "" : cell.textContent)).join(" ").toLowerCase()
  const amount = new Intl.NumberFormat("en-US").format
  const body = document.querySelector(".peers tbody")
  const rows = Array.from(body.rows, (row) => ({ row, text: textOf(row), from: row.dataset.from.split(" ") }))
  const valueOf = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent
  const heads = Array.from(document.querySelectorAll(".peers thead th"))
  // Who sorts or filters sees it at once. What is out of sight is laid out in the moments after that, some rows at a time: where it is not, nobody can read it aloud.
  let laying
  const later = (change) => {
    clearTimeout(laying)
    for (const { row } of rows) row.classList.add("later")
    change()
    let next = 0
    const lay = () => {
      for (const end = next + 100; next < end && next < rows.length; next++) rows[next].row.classList.remove("later")
      if (next < rows.length) laying = setTimeout(lay, 20)
    }
    laying = setTimeout(lay, 100)
  }
  const sortBy = (column, falling) => {
    const isNumber = rows[0]?.row.cells[column].dataset.value !== undefined
    const order = isNumber ? (a, b) => a - b : new Intl.Collator(undefined, { numeric: true }).compare
    const keyed = rows.map((one) => ({ one, key: valueOf(one.row, column) }))
    keyed.sort((a, b) => (falling ? order(b.key, a.key) : order(a.key, b.key)))
    const all = document.createDocumentFragment()
    for (const { one } of keyed) all.append(one.row)
    body.append(all)
    for (const [at, head] of heads.entries()) {
      if (at === column) head.setAttribute("aria-sort", falling ? "descending" : "ascending")
      else head.removeAttribute("aria-sort")
    }
  }
  for (const [column, head] of heads.entries()) {
    const button = document.createElement("button")
    button.type = "button"
    button.append(head.firstChild)
    head.prepend(button)
    button.addEventListener("click", () => later(() => sortBy(column, head.getAttribute("aria-sort") === "ascending")))
  }
  const byId = (id) => document.getElementById(id)
  const show = () => {
    const find = byId("find").value.trim().toLowerCase()
    const verdict = byId("verdict").value
    const source = byId("source")?.value ?? ""
    let shown = 0
    for (const { from, row, text } of rows) {
      const fits =
        text.includes(find) &&
        (verdict === "" || row.dataset.kind === verdict) &&
        (source === "" || from.includes(source))
      if (row.hidden === fits) row.hidden = !fits
      if (fits) shown++
    }
    const all = amount(rows.length) + (rows.length === 1 ? " peer" : " peers")
    byId("shown").textContent = shown === rows.length ? all : amount(shown) + " of " + all
  }
  const controls = document.querySelector(".controls")
  controls.hidden = false
  let typed
  controls.addEventListener("input", ({ target }) => {
    clearTimeout(typed)
    // Who is typing waits for nothing.
    typed = setTimeout(() => later(show), target.type === "search" ? 120 : 0)
  })
  controls.addEventListener("submit", (event) => event.preventDefault())
  show()
})()`
