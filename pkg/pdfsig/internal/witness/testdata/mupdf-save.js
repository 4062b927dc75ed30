// Saves a PDF file with MuPDF, as an update: mutool run mupdf-save.js IN OUT
// [VALUE]. A VALUE is typed into the first text field; without one, a note is put
// on the page.
var document = new PDFDocument(scriptArgs[0])
var page = document.loadPage(0)
if (scriptArgs.length > 2) {
	page.getWidgets().some(function (w) {
		if (w.getFieldType() !== "text")
			return false
		w.setTextValue(scriptArgs[2])
		w.update()
		return true
	})
} else {
	var note = page.createAnnotation("Square")
	note.setRect([200, 200, 320, 230])
	note.setColor([1, 0, 0])
	note.update()
}
document.save(scriptArgs[1], "incremental")
