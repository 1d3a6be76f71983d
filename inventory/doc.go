// Package inventory holds the words of pcf-scan as plain data: what a resource
// is, who declares it, and what could not be read. It does no I/O and judges
// nothing.
//
// One shape runs through the whole program: the CloudFormation resource type.
// A template, a Terraform plan, a declared particle and a live bucket all become
// a [Resource] with the same Type and the same Properties, so one rule judges all
// of them and drift is a comparison of two values of one type.
//
// Three ideas keep the program honest, and they live here:
//
//   - An [Unknown] is a value that exists but is not known yet (a parameter
//     without a value, an attribute that AWS assigns). It is never absent and
//     never equal to anything but itself.
//   - A [Gap] is a place that could not be read. A [Snapshot] with gaps may be
//     shown, but "could not read" is never "not there".
//   - [Resource.Unread] lists the property paths that a reader cannot return, so
//     that a path nobody read is never compared and never passes a rule.
package inventory
