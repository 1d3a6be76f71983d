package reports

import (
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/engine/plan"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// results are the runs that every format is tried on.
func results() map[string]*engine.Result {
	return map[string]*engine.Result{
		"empty":      {SchemaVersion: 1, Tool: tool, Command: "scan", RunID: "run-empty", StartedAt: noon, FinishedAt: noon, Scope: scope, Complete: true, Summary: engine.Summary{ByClass: map[string]int{"owned": 0}}},
		"clean":      clean(),
		"failing":    failing(),
		"incomplete": incomplete(),
		"inventory":  inventoryResult(),
		"waived":     waived(),
		"baseline":   baseline(),
		"planned":    planned(),
		"applied":    applied(),
		"compared":   compared(),
	}
}

var (
	tool  = engine.Tool{Name: "pcf-scan", Version: "0.0.0-test"}
	scope = engine.Scope{Partition: "aws", Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1", "global"}, Types: []string{"*"}}
)

func clean() *engine.Result {
	return &engine.Result{
		SchemaVersion: 1, Tool: tool, Command: "check", RunID: "run-clean", StartedAt: noon, FinishedAt: noon,
		Scope: engine.Scope{Files: []string{"stack.yaml"}}, Complete: true,
		Summary: engine.Summary{
			Resources: 3, Declared: 3,
			Findings:   map[string]int{"fail": 0, "pass": 7, "unknown": 0, "error": 0, "skip": 2, "waived": 0},
			BySeverity: map[string]int{"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0},
		},
		Rules: []engine.RuleCount{{ID: "restricted-ssh", Severity: "high", Pass: 7, Skip: 2}},
	}
}

func failing() *engine.Result {
	created := time.Date(2024, 2, 29, 8, 0, 0, 0, time.UTC)
	group := engine.Place{Partition: "aws", Type: "AWS::EC2::SecurityGroup", LogicalID: "web-sg", File: "apps/orders/pcf.yaml", Line: 14, Column: 9}
	live := engine.Place{Partition: "aws", Type: "AWS::EC2::SecurityGroup", ID: "sg-0abc", LogicalID: "web-sg", Account: "111122223333", Region: "eu-west-1", File: "apps/orders/pcf.yaml", Line: 11, Column: 3}
	return &engine.Result{
		SchemaVersion: 1, Tool: tool, Command: "scan", RunID: "run-failing", StartedAt: noon, FinishedAt: noon, Scope: scope, Complete: true,
		Summary: engine.Summary{
			Resources: 9, Declared: 4,
			ByClass:    map[string]int{"owned": 4, "orphan": 1, "contested": 1, "stale-version": 1, "unmanaged": 1, "foreign": 1},
			Findings:   map[string]int{"fail": 3, "pass": 20, "unknown": 1, "error": 1, "skip": 4, "waived": 1},
			BySeverity: map[string]int{"critical": 1, "high": 2, "medium": 0, "low": 0, "info": 0},
			Drift:      map[string]int{"in-sync": 2, "changed": 1, "missing": 1, "unverifiable": 1},
			Ignored:    1,
		},
		Controls: []engine.ControlCount{
			{Framework: "fsbp", ID: "EC2.13", Title: "SSH is not open", Status: "fail", Rules: []string{"restricted-ssh"}, Pass: 20, Fail: 2},
			{Framework: "fsbp", ID: "Account.1", Status: "none", Rules: []string{}},
		},
		Rules: []engine.RuleCount{
			{ID: "rds-instance-public-access-check", Title: "Databases have no public endpoint", Severity: "critical", Remediation: "Set PubliclyAccessible to false.", Controls: map[string][]string{"fsbp": {"RDS.2"}}, Fail: 1, Unknown: 1, Evidence: &engine.Evidence{Types: []string{"AWS::RDS::DBInstance"}, Check: map[string]string{"": "!resource.PubliclyAccessible"}, When: map[string]string{"": "has(resource.Engine)"}, Digest: "sha256:0f"}},
			{ID: "restricted-ssh", Title: "SSH is not open to the internet", Severity: "high", Remediation: "Allow port 22 from your own networks only.", Controls: map[string][]string{"cis-aws-3.0": {"5.2"}, "fsbp": {"EC2.13"}}, Pass: 20, Fail: 2, Error: 1, Skip: 4, Waived: 1},
		},
		Findings: []engine.Finding{
			{
				Rule: "restricted-ssh", Severity: "high", Status: "fail", Resource: group,
				Message: "port 22 is open to 0.0.0.0/0", Path: "/SecurityGroupIngress/1/CidrIp", Remediation: "Allow port 22 from your own networks only.",
				Controls: map[string][]string{"fsbp": {"EC2.13"}}, App: "orders", AppVersion: "1.4.2", Environment: "dev", Fingerprint: "sha256:01",
			},
			{
				Rule: "restricted-ssh", Severity: "high", Status: "fail", Resource: engine.Place{Partition: "aws", Type: "AWS::EC2::SecurityGroup", ID: "sg-0def", Account: "111122223333", Region: "eu-west-1", ARN: "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0def"},
				Message: "port 22 is open to ::/0", Path: "/SecurityGroupIngress/0/CidrIpv6", Remediation: "Allow port 22 from your own networks only.", Fingerprint: "sha256:02",
			},
			{
				Rule: "rds-instance-public-access-check", Severity: "critical", Status: "fail", Resource: engine.Place{Type: "AWS::RDS::DBInstance", LogicalID: "Database", File: "stack.yaml", Line: 40, Column: 7},
				Message: "the database is publicly accessible", Path: "/PubliclyAccessible", Remediation: "Set PubliclyAccessible to false.", Fingerprint: "sha256:03",
				Excerpt: &engine.Excerpt{First: 39, Lines: []string{"      MasterUsername: admin", "      PubliclyAccessible: true", "(not shown: a sensitive value stands here)"}, Line: 40, Column: 7},
			},
			{
				Rule: "rds-instance-public-access-check", Severity: "critical", Status: "unknown", Resource: engine.Place{Type: "AWS::RDS::DBInstance", LogicalID: "Replica", File: "stack.yaml", Line: 60, Column: 7},
				Message: "PubliclyAccessible is not known: parameter DatabasePublic has no value", Path: "/PubliclyAccessible", Remediation: "Set PubliclyAccessible to false.", Fingerprint: "sha256:04",
			},
			{
				Rule: "restricted-ssh", Severity: "high", Status: "error", Resource: group, Message: "no such key: FromPort", Fingerprint: "sha256:05",
			},
			{
				Rule: "restricted-ssh", Severity: "high", Status: "waived", Resource: engine.Place{Partition: "aws", Type: "AWS::EC2::SecurityGroup", ID: "sg-bastion", Account: "111122223333", Region: "eu-west-1"},
				Message: "port 22 is open to 0.0.0.0/0", Fingerprint: "sha256:06",
				Waiver: &engine.Waiver{Reason: "bastion until the VPN is there", Approver: "security@acme.example", Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
			},
		},
		Resources: []engine.Resource{
			{
				Type: "AWS::S3::Bucket", ID: "acme-reports-archive", ARN: "arn:aws:s3:::acme-reports-archive", Account: "111122223333", Region: "eu-west-1", Created: &created,
				Tags: map[string]string{"pcf:app": "reports", "pcf:version": "0.9.0"}, Unread: []string{}, Class: "orphan", App: "reports", AppVersion: "0.9.0", Environment: "dev", Particle: "archive",
				Reason: "version-retired", Evidence: []owner.Evidence{{Source: "tag", Rank: 2, Detail: "its tags name reports 0.9.0 in dev, particle archive"}, {Source: "register", Detail: "reports 0.9.0 is retired since 2026-09-01"}},
			},
			{
				Type: "AWS::EC2::Volume", ID: "vol-1", Name: "scratch", Account: "111122223333", Region: "eu-west-1", Tags: map[string]string{"Name": "scratch"}, Unread: []string{},
				Class: "contested", Evidence: []owner.Evidence{{Source: "tag", Rank: 2, Detail: "its tags name orders"}, {Source: "id", Rank: 1, Detail: "billing writes its id"}},
			},
			{
				Type: "AWS::SQS::Queue", ID: "https://sqs.eu-west-1.amazonaws.com/111122223333/orders-jobs", Name: "orders-jobs", Account: "111122223333", Region: "eu-west-1",
				Unread: []string{}, Class: "stale-version", App: "orders", AppVersion: "1.3.0", Environment: "dev", Reason: "version-neither-active-nor-retired",
				Properties: map[string]any{"DelaySeconds": int64(0), "Ratio": 0.25, "Big": int64(9007199254740993), "List": []any{"a", true, nil}},
			},
			{Type: "AWS::EC2::VPC", ID: "vpc-1", Account: "111122223333", Region: "eu-west-1", Tags: map[string]string{}, Unread: []string{}, Class: "foreign", Foreign: "default VPC"},
		},
		Apps: []engine.App{
			{
				App: "orders", Environment: "dev", Version: "1.4.2", Declared: 4, ByClass: map[string]int{"owned": 4}, ByType: map[string]int{"AWS::EC2::SecurityGroup": 1, "AWS::SQS::Queue": 3},
				Undeclared: []engine.Dependency{{From: live, Path: "/SecurityGroupIngress/0/SourceSecurityGroupId", To: engine.Place{Partition: "aws", Type: "AWS::EC2::SecurityGroup", ID: "sg-0fed", Account: "111122223333", Region: "eu-west-1"}, App: "billing", Environment: "dev", Version: "3.1.0"}},
			},
			{App: "reports", Environment: "dev", Version: "0.9.0", Retired: true, ByClass: map[string]int{"orphan": 1}, ByType: map[string]int{}},
		},
		Drift: []engine.Drift{
			{
				Resource: live, App: "orders", AppVersion: "1.4.2", Environment: "dev", Particle: "web-sg", Class: "changed", Severity: "medium",
				Changes: []engine.Change{
					{
						Path:     "/SecurityGroupIngress",
						Declared: []any{map[string]any{"CidrIp": "10.0.0.0/8", "FromPort": int64(443), "IpProtocol": "tcp"}},
						Live:     []any{map[string]any{"CidrIp": "10.0.0.0/8", "FromPort": int64(443), "IpProtocol": "tcp"}, map[string]any{"CidrIp": "0.0.0.0/0", "FromPort": int64(22), "IpProtocol": "tcp"}},
						Kind:     "out-of-band", Severity: "medium", Replacement: "no",
					},
					{Path: "/GroupDescription", Declared: "orders web tier", Live: "web", Kind: "differs", Severity: "medium", Replacement: "yes"},
					{Path: "/Tags", Live: []any{map[string]any{"Key": "cost", "Value": "80"}}, Kind: "undeclared", Severity: "info", Replacement: "no"},
				},
				Unverified: []engine.Unverified{{Path: "/VpcId", Because: "parameter NetworkId has no value"}},
			},
			{
				Resource: engine.Place{Partition: "aws", Type: "AWS::DynamoDB::Table", LogicalID: "carts", File: "apps/orders/pcf.yaml", Line: 50, Column: 3},
				App:      "orders", AppVersion: "1.4.2", Environment: "dev", Particle: "carts", Class: "missing", Severity: "high",
			},
			{
				Resource: engine.Place{Partition: "aws", Type: "AWS::SQS::Queue", LogicalID: "jobs", File: "apps/orders/pcf.yaml", Line: 60, Column: 3},
				App:      "orders", AppVersion: "1.4.2", Environment: "dev", Particle: "jobs", Class: "unverifiable", Severity: "info", Reason: "denied",
			},
		},
	}
}

func incomplete() *engine.Result {
	return &engine.Result{
		SchemaVersion: 1, Tool: tool, Command: "scan", RunID: "run-incomplete", StartedAt: noon, FinishedAt: noon, Scope: scope, Complete: false,
		Gaps: []engine.Gap{
			{App: "billing", AppVersion: "2.0.0", Reason: "failed", Message: "the register calls it active and no declaration of it was found"},
			{Account: "111122223333", Region: "eu-west-1", Type: "AWS::SQS::Queue", Reason: "denied", Message: "sqs:ListQueues is not allowed for arn:aws:sts::111122223333:assumed-role/scanner/session"},
			{File: "infra/main.tf", Reason: "unsupported", Message: "Terraform sources cannot be read without a plan"},
		},
		Faults: []engine.Fault{
			{File: "apps/broken.yaml", Line: 7, Column: 3, Message: "mapping values are not allowed here", Hint: "indent the value below its key"},
		},
		Summary: engine.Summary{Resources: 2, ByClass: map[string]int{"owned": 1, "unknown": 1}, NotJudged: 1, Judged: map[string]int{"definite": 1, "notJudged": 1}},
		NotJudged: []engine.NotJudged{
			{Resource: engine.Place{Type: "aws_cognito_user_pool", LogicalID: "module.auth.aws_cognito_user_pool.main[0]", File: "plan.json", Line: 90, Column: 5}, Because: "there is no mapping for this Terraform type"},
		},
		Resources: []engine.Resource{
			{Type: "AWS::KMS::Key", ID: "1234abcd", Account: "111122223333", Region: "eu-west-1", Unread: []string{"/Tags"}, Class: "unknown", Evidence: []owner.Evidence{{Source: "tags", Detail: "the tags could not be read"}}},
			{Type: "AWS::EC2::VPC", ID: "vpc-2", Account: "111122223333", Region: "eu-west-1", Tags: map[string]string{}, Unread: []string{}, Class: "owned", App: "orders", AppVersion: "1.4.2", Environment: "dev"},
		},
	}
}

func inventoryResult() *engine.Result {
	r := failing()
	r.Command, r.RunID = "inventory", "run-inventory"
	r.Findings, r.Drift, r.Rules = nil, nil, nil
	r.Summary = engine.Summary{Resources: 4, ByClass: map[string]int{"orphan": 1, "contested": 1, "stale-version": 1, "foreign": 1}}
	return r
}

// waived is the failing result after every failure was accepted for a time.
func waived() *engine.Result {
	r := failing()
	for i := range r.Findings {
		if r.Findings[i].Status == "fail" {
			r.Findings[i].Status = "waived"
			r.Findings[i].Waiver = &engine.Waiver{Reason: "replaced in March", Approver: "security@acme.example", Expires: noon.AddDate(0, 4, 0)}
		}
	}
	for i, c := range r.Rules {
		r.Rules[i].Waived, r.Rules[i].Fail = c.Waived+c.Fail, 0
	}
	r.Summary.Findings = map[string]int{"fail": 0, "pass": 20, "unknown": 1, "error": 1, "skip": 4, "waived": 4}
	r.Summary.BySeverity = map[string]int{"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0}
	return r
}

// baseline is the failing result of which an earlier run had all but one finding.
func baseline() *engine.Result {
	r := failing()
	r.Summary.Known = &engine.Known{BySeverity: map[string]int{}, Fail: map[string]int{}, Unknown: map[string]int{}, Drift: map[string]int{}, ByClass: map[string]int{}}
	fresh := true // the first failure is new
	for i, f := range r.Findings {
		switch {
		case f.Status == "fail" && fresh:
			fresh = false
		case f.Status == "fail":
			r.Findings[i].Known = true
			r.Summary.Known.BySeverity[f.Severity]++
			r.Summary.Known.Fail[f.Rule]++
		case f.Status == "unknown":
			r.Findings[i].Known = true
			r.Summary.Known.Unknown[f.Rule]++
		}
	}
	for i, d := range r.Drift {
		if d.Class != "unverifiable" {
			r.Drift[i].Known = true
			r.Summary.Known.Drift[d.Class]++
		}
	}
	for i, res := range r.Resources {
		r.Resources[i].Known = true
		r.Summary.Known.ByClass[res.Class]++
	}
	return r
}

// planned is a repair before it is applied, in a history of three runs.
func planned() *engine.Result {
	group := plan.Place{Partition: "aws", Type: "AWS::EC2::SecurityGroup", ID: "sg-0abc", LogicalID: "web-sg", Account: "111122223333", Region: "eu-west-1"}
	key := plan.Place{Partition: "aws", Type: "AWS::KMS::Key", ID: "1234abcd", Account: "111122223333", Region: "eu-west-1"}
	notBefore := noon.AddDate(0, 0, 14)
	return &engine.Result{
		SchemaVersion: 1, Tool: tool, Command: "repair", RunID: "run-planned", StartedAt: noon, FinishedAt: noon, Scope: scope, Complete: true,
		Summary: engine.Summary{Resources: 3, Declared: 2, Drift: map[string]int{"in-sync": 0, "changed": 1, "missing": 1}},
		Plan: &plan.Plan{
			Header: plan.Header{SchemaVersion: 1, Command: "repair", Partition: "aws", Account: "111122223333", Regions: []string{"eu-west-1"}, CreatedAt: noon, ExpiresAt: noon.Add(plan.Lifetime)},
			Actions: []plan.Action{
				{
					ID: "a1", Verb: plan.Create, Resource: plan.Place{Partition: "aws", Type: "AWS::DynamoDB::Table", LogicalID: "carts", Account: "111122223333", Region: "eu-west-1"},
					For:    &plan.Identity{App: "orders", Environment: "dev", Version: "1.4.2", Particle: "carts"},
					Reason: plan.NotThere, Detail: "it is declared and nothing lives", Needs: []string{}, Reversible: true,
					Properties: map[string]any{"BillingMode": "PAY_PER_REQUEST", "TTL": int64(9007199254740993)}, Tags: map[string]string{"pcf:app": "orders"},
				},
				{
					ID: "a2", Verb: plan.Update, Resource: group, For: &plan.Identity{App: "orders", Environment: "dev", Version: "1.4.2", Particle: "web-sg"},
					Reason: plan.Drifted, Evidence: []string{"tag: its tags name orders 1.4.2 (dev), particle web-sg"}, Claims: map[string]string{"pcf:app": "orders"}, Needs: []string{"a1"}, Reversible: true,
					Patch: []plan.Change{{Path: "/GroupDescription", From: "web", To: "orders web tier"}, {Path: "/Tags/cost", Tag: "cost", From: "80"}},
				},
				{
					ID: "a3", Verb: plan.Delete, Resource: plan.Place{Partition: "aws", Type: "AWS::S3::Bucket", ID: "acme-reports-archive", Account: "111122223333", Region: "eu-west-1"},
					Reason: plan.VersionRetired, Steps: []plan.Step{{Name: "empty", Type: "AWS::S3::Bucket", ID: "acme-reports-archive"}}, Needs: []string{}, NotBefore: &notBefore,
				},
			},
			Refused: []plan.Refusal{{Resource: key, For: &plan.Identity{App: "reports", Environment: "dev", Version: "0.9.0", Particle: "key"}, Reason: plan.EncryptionKey, By: "/KmsKeyId"}},
			Budget:  plan.Budget{Deletions: 1},
			Reaping: &plan.Reaping{Grace: 14 * 24 * time.Hour, Candidates: []plan.Candidate{{
				Resource: key, State: plan.Notified, Reason: plan.VersionRetired, Detail: "reports 0.9.0 is retired", For: &plan.Identity{App: "reports", Version: "0.9.0", Particle: "key"}, Owner: "reports@acme.example",
				Evidence: []string{"tag: its tags name reports 0.9.0"}, Against: []string{"it is used"}, Referrers: []string{"aws/111122223333/eu-west-1/AWS::S3::Bucket/acme-reports-archive"},
				MarkedAt: &noon, NotifiedAt: &noon, GoesAt: &notBefore, Observations: 2,
			}}, Rescued: []plan.Place{group}, Counts: map[string]int{}},
			Applyable: true, Digest: "sha256:0123",
		},
		History: []engine.Trend{
			{RunID: "run-1", Time: noon.AddDate(0, 0, -14), Complete: true, BySeverity: map[string]int{"critical": 4, "high": 9}, Resources: 3, Orphans: 2, Drift: 5},
			{RunID: "run-2", Time: noon.AddDate(0, 0, -7), Complete: false, BySeverity: map[string]int{"critical": 2, "high": 9}, Resources: 2, Orphans: 2, Drift: 3},
			{RunID: "run-planned", Time: noon, Complete: true, BySeverity: map[string]int{"critical": 0, "high": 7}, Resources: 3, Orphans: 1, Drift: 2},
		},
	}
}

// applied is the same repair, of which one action failed.
func applied() *engine.Result {
	r := planned()
	r.RunID, r.Actor = "run-applied", "arn:aws:sts::111122223333:assumed-role/reaper/nightly"
	r.Outcomes = []engine.Outcome{
		{Action: "a1", State: "failed", Message: "LimitExceeded: too many tables", RequestID: "REQ1"},
		{Action: "a2", State: "blocked", Message: "it needs a1"},
		{Action: "a3", State: "done", RequestID: "REQ2"},
	}
	return r
}

// compared is the failing run beside an older one: what is new, what is no more, and what was
// left out of both.
func compared() *engine.Result {
	r, older := failing(), failing()
	r.RunID, r.StartedAt, r.FinishedAt = "run-compared", noon.AddDate(0, 0, 7), noon.AddDate(0, 0, 7)
	r.Scope.NarrowedTo = []string{"--app orders"}
	r.Findings[0].Known, r.Drift[0].Known = true, true
	gone := older.Findings[0]
	gone.Waiver = &engine.Waiver{Reason: "until the VPN is there", Approver: "security@acme.example", Expires: noon}
	came := older.Resources[0]
	came.Foreign, came.KeptBy, came.State, came.Tags, came.Unread = "made by a stack of somebody else", []string{"aws/111122223333/eu-west-1/AWS::CloudFormation::Stack/net"}, "running", map[string]string{"team": "net"}, []string{"/UserData"}
	r.Resources[0].KeptBy = came.KeptBy
	r.Comparison = &engine.Comparison{
		Against: older.RunID, StartedAt: older.StartedAt,
		Findings: engine.Changed{New: 2, Unchanged: 1, Gone: 1}, Drift: engine.Changed{New: 1, Reopened: 1, Gone: 1}, Resources: engine.Changed{New: 1, Unchanged: 8, Gone: 1},
		Resolved: []engine.Finding{gone}, GoneDrift: []engine.Drift{older.Drift[0]}, NewResources: []engine.Resource{came}, GoneResources: []engine.Resource{older.Resources[1], came},
	}
	r.Ignored = []engine.Ignored{{Resource: older.Drift[0].Resource, App: "orders", Change: engine.Change{Path: "/DesiredCapacity", Declared: int64(2), Live: int64(5), Kind: "differs", Severity: "medium", Replacement: "no", Reason: "scales itself"}}}
	r.Warnings = []engine.Fault{{File: "apps/orders/pcf.yaml", Line: 30, Column: 5, Message: "ignore rule for /DesiredCapacity covers no difference", Hint: "remove it"}}
	return r
}
