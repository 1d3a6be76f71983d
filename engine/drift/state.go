package drift

import (
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// condition is what a lifecycle state means, whatever the service calls it.
type condition int

const (
	unsaid    condition = iota // a word that says nothing, or none
	runs                       // does its work
	stops                      // exists and does nothing
	ends                       // is going or gone
	fails                      // exists and cannot do its work
	transient                  // on the way from one to another: ask again
)

// words are the lifecycle states of services, in lower case and without "-", "_" and
// spaces. The words come from the API references of the services named in ofType and of
// those that share them.
var words = map[string]condition{
	"available": runs, "active": runs, "running": runs, "inuse": runs, "enabled": runs, "associated": runs,
	"ok": runs, "healthy": runs, "ready": runs, "deployed": runs, "issued": runs, "completed": runs, "storageoptimization": runs,
	"stopped": stops, "disabled": stops, "inactive": stops, "paused": stops, "suspended": stops,
	"terminated": ends, "shuttingdown": ends, "deleting": ends, "deleted": ends, "pendingdeletion": ends, "pendingreplicadeletion": ends,
	"failed": fails, "error": fails, "createfailed": fails, "deletefailed": fails, "storagefull": fails, "restoreerror": fails,
	"inaccessibleencryptioncredentials": fails, "inaccessibleencryptioncredentialsrecoverable": fails, "unavailable": fails,
	"incompatiblenetwork": fails, "incompatibleparameters": fails, "incompatibleoptiongroup": fails, "incompatiblerestore": fails,
	"pending": transient, "creating": transient, "updating": transient, "modifying": transient, "starting": transient,
	"stopping": transient, "rebooting": transient, "attaching": transient, "detaching": transient, "backingup": transient,
	"upgrading": transient, "maintenance": transient, "renaming": transient, "inprogress": transient, "provisioning": transient,
	"configuringiamdatabaseauth": transient, "configuringenhancedmonitoring": transient, "configuringlogexports": transient,
	"convertingtovpc": transient, "movingtovpc": transient, "resettingmastercredentials": transient, "pendingimport": transient,
}

// ofType has the states whose meaning differs from the common one.
var ofType = map[string]map[string]condition{
	// An idle function is inactive until the next call wakes it.
	"AWS::Lambda::Function": {"inactive": runs},
	// A cluster or service that ECS calls inactive was deleted.
	"AWS::ECS::Cluster": {"inactive": ends},
	"AWS::ECS::Service": {"inactive": ends},
	// An archived table keeps its data in a backup and serves nothing.
	"AWS::DynamoDB::Table": {"archived": stops, "archiving": transient},
}

var separators = strings.NewReplacer("-", "", "_", "", " ", "")

func conditionOf(r *inventory.Resource) condition {
	word := separators.Replace(strings.ToLower(r.State))
	if c, ok := ofType[r.Ref.Type][word]; ok {
		return c
	}
	return words[word]
}

// stateVerdict compares the lifecycle state with the desired one. ok is true when there is
// nothing to say and the properties decide.
func stateVerdict(p *inventory.Particle, live *inventory.Resource) (class Class, reason string, ok bool) {
	now := conditionOf(live)
	desired := p.State
	if desired == "" {
		desired = inventory.Running
	}
	is := "it is " + live.State
	switch {
	case now == transient:
		return Unverifiable, Transient, false
	case desired == inventory.Terminated && now == ends:
		return InSync, "", false
	case desired == inventory.Terminated:
		return StateMismatch, "declared terminated, and it lives", false
	case now == ends || now == fails:
		return StateMismatch, is, false
	case desired == inventory.Stopped && now == runs:
		return StateMismatch, "declared stopped, and " + is, false
	case desired == inventory.Running && now == stops && !switchedOff(p):
		return StateMismatch, "declared running, and " + is, false
	}
	return "", "", true
}

// switchedOff reports whether the declaration itself turns the resource off or on by a
// property (a KMS key, a rule): then that property is compared and the state says nothing
// new.
func switchedOff(p *inventory.Particle) bool {
	for _, name := range []string{"Enabled", "State"} {
		if _, declared := p.Resource.Properties[name]; declared {
			return true
		}
	}
	return false
}
