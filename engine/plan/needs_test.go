package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// needsOf returns by particle which others its creation waits for, and the order.
func needsOf(p *Plan) (needs map[string][]string, order []string) {
	names := map[string]string{}
	needs = map[string][]string{}
	for _, a := range p.Actions {
		names[a.ID] = a.Resource.LogicalID
		order = append(order, a.Resource.LogicalID)
		for _, id := range a.Needs {
			needs[a.Resource.LogicalID] = append(needs[a.Resource.LogicalID], names[id])
		}
		slices.Sort(needs[a.Resource.LogicalID])
	}
	return needs, order
}

func referring(p *inventory.Particle, to ...string) *inventory.Particle {
	p.Refers = to
	return p
}

// What is created waits for all that its declaration names, and for what AWS needs beside it.
func TestNeeds(t *testing.T) {
	const (
		vpcs       = "AWS::EC2::VPC"
		gateways   = "AWS::EC2::InternetGateway"
		attachment = "AWS::EC2::VPCGatewayAttachment"
		routes     = "AWS::EC2::Route"
		function   = "AWS::Lambda::Function"
	)
	network := func(more ...*inventory.Particle) []*inventory.Particle {
		at := particle("z-attachment", attachment, `{}`)
		at.Resource.Properties["VpcId"], at.Resource.Properties["InternetGatewayId"] = unknownRef("Ref net"), unknownRef("Ref gateway")
		table := particle("table", "AWS::EC2::RouteTable", `{}`)
		table.Resource.Properties["VpcId"] = unknownRef("Ref net")
		subnet := particle("subnet", "AWS::EC2::Subnet", `{}`)
		subnet.Resource.Properties["VpcId"] = unknownRef("Ref net")
		return append(more, particle("net", vpcs, `{"CidrBlock": "10.0.0.0/16"}`), particle("gateway", gateways, `{}`), at, table, subnet)
	}
	for _, c := range []struct {
		why       string
		particles []*inventory.Particle
		waits     string
		for_      []string
		refused   map[string]Reason
	}{
		{
			why:       "a reference whose value is known",
			particles: []*inventory.Particle{referring(particle("a", vm, `{"IamInstanceProfile": "p"}`), "profile"), referring(particle("profile", "AWS::IAM::InstanceProfile", `{"InstanceProfileName": "p", "Roles": ["r"]}`), "z-role"), particle("z-role", role, `{"RoleName": "r"}`)},
			waits:     "a", for_: []string{"profile"},
		},
		{
			why:       "known names in a ring are no ring: each can be made first",
			particles: []*inventory.Particle{referring(particle("jobs", queues, `{"QueueName": "jobs"}`), "dead"), referring(particle("dead", queues, `{"QueueName": "dead"}`), "jobs")},
			waits:     "jobs",
		},
		{
			why:       "what is named must be there, though its name is known",
			particles: []*inventory.Particle{referring(particle("a", queues, `{}`), "kept"), func() *inventory.Particle { p := particle("kept", queues, `{}`); p.Manage = nil; return p }()},
			waits:     "a", refused: map[string]Reason{"a": NeedRefused, "kept": NotManaged},
		},
		{
			why: "a route to a gateway waits for its attachment",
			particles: network(func() *inventory.Particle {
				p := particle("a-route", routes, `{"DestinationCidrBlock": "0.0.0.0/0"}`)
				p.Resource.Properties["RouteTableId"], p.Resource.Properties["GatewayId"] = unknownRef("Ref table"), unknownRef("Ref gateway")
				return p
			}()),
			waits: "a-route", for_: []string{"gateway", "table", "z-attachment"},
		},
		{
			why: "an instance waits for the gateway of its VPC, which it names by its subnet",
			particles: network(func() *inventory.Particle {
				p := particle("a-vm", vm, `{}`)
				p.Resource.Properties["SubnetId"] = unknownRef("Ref subnet")
				return p
			}()),
			waits: "a-vm", for_: []string{"subnet", "z-attachment"},
		},
		{why: "an address waits for the gateway, whichever it is", particles: network(particle("a-eip", "AWS::EC2::EIP", `{"Domain": "vpc"}`)), waits: "a-eip", for_: []string{"z-attachment"}},
		{
			why: "a gateway that translates waits for the one that leads out",
			particles: network(func() *inventory.Particle {
				p := particle("a-nat", "AWS::EC2::NatGateway", `{"ConnectivityType": "public"}`)
				p.Resource.Properties["SubnetId"], p.Resource.Properties["AllocationId"] = unknownRef("Ref subnet"), unknownRef("GetAtt eip.AllocationId")
				return p
			}(), particle("eip", "AWS::EC2::EIP", `{"Domain": "vpc"}`)),
			waits: "a-nat", for_: []string{"eip", "subnet", "z-attachment"},
		},
		{
			why:       "a function waits for the policies of its role, as long as they do not name it",
			particles: []*inventory.Particle{referring(particle("a", function, `{"Role": "arn:aws:iam::111122223333:role/r"}`), "role"), particle("role", role, `{"RoleName": "r"}`), referring(particle("policy", "AWS::IAM::ManagedPolicy", `{"Roles": ["r"]}`), "role")},
			waits:     "a", for_: []string{"policy", "role"},
		},
		{
			why:       "a policy about the function comes after it",
			particles: []*inventory.Particle{referring(particle("a", function, `{"Role": "arn:aws:iam::111122223333:role/r"}`), "role"), particle("role", role, `{"RoleName": "r"}`), referring(particle("policy", "AWS::IAM::ManagedPolicy", `{"Roles": ["r"]}`), "a", "role")},
			waits:     "policy", for_: []string{"a", "role"},
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			var pairs []drift.Pair
			for _, p := range c.particles {
				pairs = append(pairs, pair(p))
			}
			got, _, err := repairOf(pairs, nil)
			require.NoError(t, err)
			require.NoError(t, got.Check(day), "needs go backwards")
			needs, _ := needsOf(got)
			assert.Equal(t, c.for_, needs[c.waits])
			refused := map[string]Reason{}
			for _, r := range got.Refused {
				refused[r.Resource.LogicalID] = r.Reason
			}
			if c.refused == nil {
				c.refused = map[string]Reason{}
			}
			assert.Equal(t, c.refused, refused)
		})
	}
}

// Whatever names what, everything is created, in an order in which nothing waits for what
// comes later: names that are known never stand in the way.
func TestKnownReferencesNeverBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		types := []string{queues, role, vm, "AWS::EC2::VPC", "AWS::EC2::EIP", "AWS::EC2::Route", "AWS::EC2::VPCGatewayAttachment", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Function"}
		names := []string{"a", "b", "c", "d", "e", "f"}
		var pairs []drift.Pair
		for _, name := range names {
			p := particle(name, rapid.SampledFrom(types).Draw(t, "type of "+name), `{}`)
			p.Refers = rapid.SliceOfDistinct(rapid.SampledFrom(names), func(s string) string { return s }).Draw(t, name+" refers to")
			pairs = append(pairs, pair(p))
		}
		got, _, err := repairOf(pairs, nil)
		require.NoError(t, err)
		require.NoError(t, got.Check(day))
		require.Empty(t, got.Refused)
		require.Len(t, got.Actions, len(names))
	})
}

// What can be written and not read is no secret for that; what its name or its author makes
// one is kept out of plans.
func TestCreateWithWriteOnly(t *testing.T) {
	for _, c := range []struct {
		why, typ, properties string
		secret               []string
		refused              string // pointer; empty: it is created
	}{
		{why: "where the code of a function lies", typ: "AWS::Lambda::Function", properties: `{"Code": {"S3Bucket": "b", "S3Key": "k.zip"}}`},
		{why: "the code itself", typ: "AWS::Lambda::Function", properties: `{"Code": {"ZipFile": "def handler(): pass"}}`},
		{why: "a password by its name", typ: db, properties: `{"MasterUserPassword": "hunter2"}`, refused: "/MasterUserPassword"},
		{why: "the text of a secret", typ: "AWS::SecretsManager::Secret", properties: `{"SecretString": "hunter2"}`, refused: "/SecretString"},
		{why: "a variable with the name of a secret", typ: "AWS::Lambda::Function", properties: `{"Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}`, refused: "/Environment/Variables/DB_PASSWORD"},
		{why: "what its author marked", typ: "AWS::Lambda::Function", properties: `{"Code": {"ZipFile": "hunter2"}}`, secret: []string{"/Code/ZipFile"}, refused: "/Code/ZipFile"},
		{why: "a value that was hidden", typ: "AWS::Lambda::Function", properties: `{"Code": {"ZipFile": "` + inventory.Sensitive + `"}}`, refused: "/Code/ZipFile"},
	} {
		t.Run(c.why, func(t *testing.T) {
			p := particle("it", c.typ, c.properties)
			p.Resource.Secret = c.secret
			got, _, err := repairOf([]drift.Pair{pair(p)}, nil)
			require.NoError(t, err)
			if c.refused == "" {
				require.Len(t, got.Actions, 1, "%+v", got.Refused)
				assert.Equal(t, p.Resource.Properties, got.Actions[0].Properties)
				shown := got.Shown()
				assert.NotContains(t, canonical(shown.Actions[0].Properties), "k.zip", "it is not printed")
				assert.NotContains(t, canonical(shown.Actions[0].Properties), "handler", "it is not printed")
				assert.NotEqual(t, shown.Actions[0].Properties, got.Actions[0].Properties, "the plan itself keeps it")
				return
			}
			require.Empty(t, got.Actions)
			require.Len(t, got.Refused, 1)
			assert.Equal(t, ValueUnknown, got.Refused[0].Reason)
			assert.Contains(t, got.Refused[0].By, c.refused+":")
			assert.NotContains(t, got.Refused[0].By, "hunter2")
		})
	}
}

// Whether there is code for a change is asked of the change as it will be made: to take a
// value away is another call than to set it, and a creation is as good as its properties.
func TestCanIsAskedOfTheRealChange(t *testing.T) {
	var asked []string
	can := func(verb Verb, _ string, c Change) string {
		asked = append(asked, string(verb)+" "+c.Path+" "+canonical(c.To))
		if verb == Update && c.To == nil || verb == Create && strings.Contains(canonical(c.To), "Strange") {
			return "no call does that"
		}
		return ""
	}
	net, part := particle("net", "AWS::EC2::VPC", `{"CidrBlock": "10.0.0.0/16"}`), particle("part", "AWS::EC2::Subnet", `{}`)
	part.Resource.Properties["VpcId"] = unknownRef("Ref net")
	strange := particle("strange", queues, `{"Strange": 1}`)
	got, _, err := repairOf([]drift.Pair{pair(net), pair(part), pair(strange)}, func(in *RepairInput) { in.Can = can })
	require.NoError(t, err)
	assert.Len(t, got.Actions, 2)
	require.Len(t, got.Refused, 1)
	assert.Equal(t, []any{Unsupported, "no call does that", "strange"}, []any{got.Refused[0].Reason, got.Refused[0].By, got.Refused[0].Resource.LogicalID})
	assert.Contains(t, asked, `create  {"VpcId":"0"}`, "a text stands in for what is not known yet")

	q := live("q", queues, `{"DelaySeconds": 5}`)
	q.Tags = map[string]string{"team": "a"}
	was := Action{Verb: Update, Resource: PlaceOf(q, "q"), Incarnation: Incarnation(q), Patch: []Change{{Path: "/Tags/team", Tag: "team", To: "a"}, {Path: "/DelaySeconds", To: int64(5)}}}
	back, err := Undo(UndoInput{Header: header(), Done: []Action{was}, Live: scope(q), Can: can})
	require.NoError(t, err)
	assert.Empty(t, back.Actions)
	require.Len(t, back.Refused, 1)
	assert.Equal(t, Unsupported, back.Refused[0].Reason, "the value was not there before, and cannot be taken away")
	was.Patch = was.Patch[:1]
	back, err = Undo(UndoInput{Header: header(), Done: []Action{was}, Live: scope(q), Can: can})
	require.NoError(t, err)
	assert.Len(t, back.Actions, 1, "a tag is not a property")
}
