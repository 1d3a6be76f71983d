// Package declared reads the declared side: the files in which teams say what they
// want to run. Every format ends as the same [inventory.Declaration], so that rules,
// drift and ownership never learn where a resource was written.
//
// A file is recognised by its content, not by its name. Each format is one file of
// this package that adds a [format]: how to recognise a document, and how to read
// it. [Read] walks the paths, parses each file once into a tree in which every value
// knows its place (node.go), and hands each document to the format that claims it.
//
// What a template computes is evaluated here as far as it is known before deployment
// (evaluate.go): loops are unrolled first (foreach.go), SAM is written out as ordinary
// resources (sam.go), nested stacks that are local files are read as parts (nested.go), and
// where a condition is not known each way in which it may turn out is kept
// (alternative.go). The rest becomes [inventory.Unknown], with the reason and with the
// name of the thing it waits for; it is never guessed and never dropped.
//
// Three kinds of trouble are kept apart: a Fault is malformed input, a Warning is a
// doubt about input that is judged all the same, and a Gap is input that this version
// cannot read. None of them stops the other files from being read.
package declared
