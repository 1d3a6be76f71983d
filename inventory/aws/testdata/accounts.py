"""Makes an organization of three accounts, one of them closed, and in each of the other two
a queue and a role; prints the ids of the members: the open one, then the closed one."""

import boto3

own = boto3.client("organizations", region_name="us-east-1")
own.create_organization(FeatureSet="ALL")
ids = [own.create_account(Email=f"{name}@acme.example", AccountName=name)["CreateAccountStatus"]["AccountId"]
       for name in ("tenant", "closed")]
own.close_account(AccountId=ids[1])


def seed(session, name):
    session.client("sqs").create_queue(QueueName=name, tags={"pcf:app": name})
    session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")


seed(boto3, "in-own")
key = boto3.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ids[0]}:role/OrganizationAccountAccessRole", RoleSessionName="seed")["Credentials"]
seed(boto3.Session(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                   aws_session_token=key["SessionToken"]), "in-tenant")
print(*ids)
