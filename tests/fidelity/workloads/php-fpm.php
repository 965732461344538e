<?php
// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Notes over HTTP: ?list, ?add, ?upload; ?plugin evaluates orders.php, which is empty.
$base = dirname(__DIR__);
$database = new SQLite3("$base/run/data/notes.db");
$database->exec('CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT)');
if (isset($_GET['list'])) {
	$texts = [];
	$rows = $database->query('SELECT text FROM notes ORDER BY number');
	while ($row = $rows->fetchArray(SQLITE3_NUM))
		$texts[] = $row[0];
	echo json_encode($texts);
} elseif (isset($_GET['add'])) {
	$insert = $database->prepare('INSERT INTO notes (text) VALUES (?)');
	$insert->bindValue(1, $_POST['text']);
	$insert->execute();
	echo $database->lastInsertRowID();
} elseif (isset($_GET['upload'])) {
	move_uploaded_file($_FILES['file']['tmp_name'], "$base/run/data/upload");
	echo filesize("$base/run/data/upload");
} elseif (isset($_GET['plugin'])) {
	eval(file_get_contents("$base/orders.php"));
}
