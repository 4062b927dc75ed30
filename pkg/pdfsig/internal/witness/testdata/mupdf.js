// Shows PDF files as MuPDF shows them: mutool run mupdf.js FOLDER < LIST. Each
// line of standard input is a name, a blank and the path of a file. What its
// pages look like comes into FOLDER, as NAME-PAGE.png; a line of standard output
// is their number, or -1, and the text on them.
function textOf(page) {
	var text = ""
	page.toStructuredText().walk({ onChar: function (c) { text += c }, endLine: function () { text += "\n" } })
	return text
}

function show(path, name) {
	var document = new Document(path)
	var count = document.countPages(), texts = []
	for (var n = 0; n < count && n < 3; n++) {
		var page = document.loadPage(n)
		page.toPixmap([0.5, 0, 0, 0.5, 0, 0], DeviceRGB, false, false).saveAsPNG(name + "-" + n + ".png")
		texts.push(textOf(page))
	}
	return { count: count, texts: texts }
}

var line, answer
while ((line = readline()) !== null && line !== undefined) {
	try {
		var blank = line.indexOf(" ")
		answer = show(line.slice(blank + 1), scriptArgs[0] + "/" + line.slice(0, blank))
	} catch (e) {
		answer = { count: -1, texts: ["" + e] }
	}
	print(JSON.stringify(answer))
}
