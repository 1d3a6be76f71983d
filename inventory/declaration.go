package inventory

import "time"

// Verb is something an app allows pcf-scan to do with a particle (`manage:`).
type Verb string

// The verbs of `manage:`. Observe and tag are the default.
const (
	Observe Verb = "observe"
	Tag     Verb = "tag"
	Create  Verb = "create"
	Update  Verb = "update"
	Delete  Verb = "delete"
)

// DesiredState is what a particle should be doing.
type DesiredState string

// The desired states; running is the default.
const (
	Running    DesiredState = "running"
	Stopped    DesiredState = "stopped"
	Terminated DesiredState = "terminated"
)

// Target is an account and region where an app is deployed.
type Target struct {
	Account string
	Region  string
}

// An App is one version of one application in one environment, as its declaration
// has it. Files that belong to no app are collected in an App with an empty Name.
type App struct {
	Name        string
	Environment string
	Version     string // the literal text: 1.10 stays 1.10
	Owner       string
	Retired     time.Time // a tombstone; zero when there is none
	Targets     []Target
	Inputs      []*Input
	Particles   []*Particle
	File        string
	Position    Position
	// Incomplete says why the list of particles may not be all of them (a `from:` that
	// could not be read, a macro that was not run); empty when it is complete.
	Incomplete string
}

// RetiredAt reports whether the app's own declaration retires it at or before now.
func (a *App) RetiredAt(now time.Time) bool { return !a.Retired.IsZero() && !a.Retired.After(now) }

// A Particle is one declared unit of an app.
type Particle struct {
	App         string
	Environment string
	Version     string
	// Name identifies the particle inside its app version: (app, environment, version,
	// name) is the identity of an owned resource.
	Name string
	// ID is the live identifier when the declaration writes one (`id:`).
	ID string
	// Resource is the declared resource; its Ref.ID is set only when the identifier is
	// written or is known from the properties.
	Resource *Resource
	State    DesiredState
	Manage   []Verb
	Protect  bool
	Ignore   []Ignore
	Skip     []Skip
	// Existence is set when it is not known whether the resource exists at all (a
	// template condition that is unknown): it is then never missing.
	Existence *Unknown
	Targets   []Target // of the app
	// Stack is the CloudFormation stack or the file stem it was declared in.
	Stack string
	// Refers names the particles of its file that its declaration names, by a reference (also
	// one whose value is known, which is plain text in the properties) or by DependsOn: sorted.
	Refers []string
	// Recorded says why rules do not judge it: it comes from a record of what was deployed (a
	// Terraform state), which serves identity and drift. Empty for everything else.
	Recorded string
}

// An Input is a shared resource passed in: it must exist and comply, and it is never
// tagged, repaired or reaped.
type Input struct {
	Name     string
	Type     string
	ID       string   // the live identifier; empty when not known
	Unknown  *Unknown // why ID is not known
	Position Position
}

// Ignore is a rule of a particle that says which differences are legitimate.
type Ignore struct {
	Path     string // JSON pointer, "*" allowed
	When     string // CEL over value, declared and live; empty means always
	Reason   string
	Until    time.Time // zero means without end
	Position Position
}

// Skip is an inline suppression of a rule on one resource.
type Skip struct {
	Rule     string // rule id, glob, or a control name of cfn-guard or cfn_nag
	Reason   string
	Expires  time.Time // zero means without end
	Position Position
}

// A Register is the optional authority on which app versions are live.
type Register struct {
	Apps map[string]RegisteredApp
	File string
}

// RegisteredApp is what the register says of one app.
type RegisteredApp struct {
	Environment string
	Active      []string
	Retired     map[string]time.Time // by version
	RetiredAll  time.Time            // the whole app; zero when it is not retired
	Position    Position
}

// A Declaration is everything the declared side says: apps with their particles and
// inputs, the register, and what could not be read or understood.
type Declaration struct {
	Apps     []*App
	Register *Register
	// Snapshots are live resources that came as files (`check` judges them as live).
	Snapshots []*Snapshot
	Gaps      []Gap
	// NotJudged are declared things that no rule can judge: a Terraform type without a
	// mapping, a type that nobody publishes a schema for. They are counted, never silent.
	NotJudged []NotJudged
	// Warnings are doubts about an input that do not stop it from being judged: a
	// property that the schema does not know, a value of the wrong kind.
	Warnings []Fault
	// Files are the declared files that were read, sorted.
	Files []string
	// Faults are malformed inputs: exit code 2, and the good files are still reported.
	Faults []Fault
}

// NotJudged is a declared thing that no rule can judge, and why.
type NotJudged struct {
	Type     string // in the words of its format: aws_cognito_user_pool
	Name     string // logical id, Terraform address, construct path
	Because  string
	Position Position
}

// A Fault is a mistake in an input: where it stands, what is wrong and what to do.
type Fault struct {
	Position Position
	Message  string // what is wrong
	Hint     string // what the user can do; may be empty
}

// Error makes a Fault usable as an error: "file:line:column: message (hint)".
func (f Fault) Error() string {
	s := f.Message
	if p := f.Position.String(); p != "" {
		s = p + ": " + s
	}
	if f.Hint != "" {
		s += " (" + f.Hint + ")"
	}
	return s
}

// Particles returns all particles in declaration order.
func (d *Declaration) Particles() []*Particle {
	var all []*Particle
	for _, a := range d.Apps {
		all = append(all, a.Particles...)
	}
	return all
}
