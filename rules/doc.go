// Package rules judges resources. A rule is data: a YAML file that names the resource
// types it applies to and one expression in CEL (the Common Expression Language,
// https://cel.dev) that is true for a compliant resource. The same rule judges a
// template, a plan, a particle and a live resource, because all of them are the same
// [inventory.Resource].
//
// Three promises shape the package:
//
//   - A mistake in a rule never passes silently. An expression is type-checked against
//     the published schema of every type that the rule applies to (types.go), so that a
//     misspelt property is a [LoadError] with file, line and column, not a rule that
//     matches nothing.
//   - What is not known is not judged. A value that is known only after deployment, or
//     that no reader can return, flows through the expression as an unknown (value.go);
//     only where the verdict does not depend on it is there one (guard.go).
//   - Found, could not judge and broke are different answers: see [Status].
//
// The way through the files: load.go reads rule files, compile.go turns expressions into
// programs, judge.go runs them, and every other file adds one thing that an expression
// can say (network.go, policy.go, join.go, functions.go). This package is the only
// importer of cel-go.
package rules
