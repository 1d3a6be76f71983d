// Package aws reads AWS: it turns what the APIs of one or many accounts say into
// [inventory.Resource] values in CloudFormation shape, and what they refuse to say
// into [inventory.Gap] values. It cannot write: see [ReadOnly].
//
// # Words
//
// A cell is one account, region and resource type: the unit in which completeness is
// kept. Every cell of a [Scan] ends either complete or with a gap that says why, and
// never with a list that is silently too short. Global services are one cell per account, in
// region "global".
//
// A [Reader] knows one type. It is data plus one function that lists the type in one
// cell, and it stands in one file with everything that is known about reading that type:
// the calls it makes with the IAM action of each, the properties it can return, and how
// the service's names differ from CloudFormation's. To add a type, add a file. A type
// that has no reader and is asked for by its full name is read through the Cloud Control
// API (cloudcontrol.go).
//
// # What a reader may rely on
//
// The clients that a cell hands out refuse every operation that no reader declares,
// keep to the rates of limit.go, bound each exchange in time and size and all of
// them in number, and refuse answers that decode to
// nothing (an empty body, a web page, a document of somebody else) which the SDK would take for an empty list.
// Names are translated by [item.set] and [item.merge]; only what the reader declares
// in Reads and the schema knows reaches the resource, so a property is either read,
// or stands in [inventory.Resource.Unread].
//
// A call that lists is mandatory: its error ends the reader. A call about one resource
// goes through [item.read]: its error leaves the resource in the snapshot, marks what
// could not be read, and becomes a gap of the cell. A resource may be emitted twice
// (pages shift while resources come and go): the first one counts.
package aws
