// What a page does once it is read.

startTheme();
startPrint();
startCopy();
for (const table of document.querySelectorAll("table.data")) startTable(table);
if (typeof Scatter !== "undefined") for (const root of document.querySelectorAll(".scatter")) new Scatter(root);
document.documentElement.dataset.ready = "yes";
