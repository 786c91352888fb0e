"""What each field of a connector's form is called, and where its value is found in that CRM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from server.domain.crm import CrmKind
from server.screens.words import mark


class Field(NamedTuple):
    """One field: its label, and what helps to fill it in."""

    label: str
    hint: str = ""


FIELDS: Final[Mapping[tuple[str, str], Field]] = {
    # Every form
    ("", "name"): Field(mark("Name of the connection")),
    ("", "sample"): Field(mark("Address to try it with")),
    ("", "client_id"): Field(mark("Client ID")),
    ("", "client_secret"): Field(mark("Client secret")),
    ("", "fields"): Field(
        mark("Fields of your own"),
        mark(
            "One a line: on the left a name that the panel knows (plan, contract_end, renewal, value, health, ...) or a label of "
            "your own, on the right the field's internal name. Example: plan = plan_name"
        ),
    ),
    ("", "token"): Field(mark("Access token")),
    ("", "url"): Field(
        mark("Address"), mark("As it stands in the browser's address bar, up to the first single slash.")
    ),
    # HubSpot
    ("hubspot", "token"): Field(
        mark("Access token of an app"),
        mark(
            "In HubSpot: Development > Legacy apps > create a private app, with the scopes that docs/crm.md lists; the token stands "
            "under Auth. Leave it empty if you give your consent with a client ID instead."
        ),
    ),
    ("hubspot", "client_id"): Field(
        mark("Client ID"), mark("Only for consent: of your own app in a HubSpot developer account, under Auth.")
    ),
    ("hubspot", "client_secret"): Field(
        mark("Client secret"),
        mark("Under Auth of the app. It also proves that webhooks come from HubSpot: without it they are refused."),
    ),
    ("hubspot", "addresses"): Field(
        mark("Further address properties"),
        mark("Internal names of contact properties that hold another address, separated by commas. Usually empty."),
    ),
    ("hubspot", "orders"): Field(mark("Read orders"), mark("Needs the scope crm.objects.orders.read.")),
    ("hubspot", "complaints"): Field(
        mark("Ticket categories that are complaints"),
        mark("Internal values of the property Category, separated by commas."),
    ),
    ("hubspot", "ticket_pipeline"): Field(
        mark("Pipeline of new tickets"), mark("The pipeline's ID: Settings > Objects > Tickets > Pipelines.")
    ),
    ("hubspot", "ticket_stage"): Field(
        mark("Status of new tickets"), mark("The ID of the ticket status in that pipeline.")
    ),
    ("hubspot", "deal_pipeline"): Field(
        mark("Pipeline of new deals"), mark("The pipeline's ID: Settings > Objects > Deals > Pipelines.")
    ),
    ("hubspot", "deal_stage"): Field(mark("Stage of new deals"), mark("The ID of the deal stage in that pipeline.")),
    ("hubspot", "url"): Field(mark("Address of the API"), mark("Leave it as it is.")),
    # kintone
    ("kintone", "url"): Field(
        mark("Address"), mark("Of your domain: https://example.cybozu.com or https://example.kintone.com")
    ),
    ("kintone", "space"): Field(
        mark("Guest space"),
        mark("Only for apps in a guest space: the number in their address after /guest/. Else empty."),
    ),
    ("kintone", "apps"): Field(
        mark("Apps and their fields"),
        mark(
            "JSON: which app holds customers, deals, tickets, orders and activities, and which field code is what. The number of an "
            "app stands in its address, after /k/. docs/kintone.md has an example to copy."
        ),
    ),
    ("kintone", "tokens"): Field(
        mark("API tokens"),
        mark(
            "One for each app, separated by commas: App settings > Customization and integration > API token. Tick View records; "
            "also Add and Delete records where mails shall be logged and taken back. Update the app afterwards."
        ),
    ),
    # Odoo
    ("odoo", "url"): Field(mark("Address"), mark("Of your Odoo: https://example.odoo.com, or your own server's.")),
    ("odoo", "database"): Field(
        mark("Database"),
        mark(
            "Needed up to version 18, and where one server has several. On odoo.com it is the first part of the address."
        ),
    ),
    ("odoo", "login"): Field(
        mark("User"),
        mark("Needed up to version 18: the sign-in name of the user whose key this is, usually an e-mail address."),
    ),
    ("odoo", "key"): Field(
        mark("API key"),
        mark(
            "In Odoo, best as a user made for Sobani: Preferences > Account Security > New API Key. What this user may not read, the "
            "panel does not show."
        ),
    ),
    ("odoo", "transport"): Field(mark("Way of asking"), mark("Leave it on automatic unless the test fails.")),
    ("odoo", "language"): Field(
        mark("Language"),
        mark("In which stages and choices are named, as Odoo writes it: ja_JP, en_US. Empty: the user's own."),
    ),
    ("odoo", "addresses"): Field(
        mark("Further address fields"),
        mark("Technical names of fields of contacts that hold another address, separated by commas. Usually empty."),
    ),
    ("odoo", "complaints"): Field(
        mark("Words for complaints"),
        mark("A ticket whose type, category or tags have one of these is shown as a complaint."),
    ),
    # Zendesk
    ("zendesk", "url"): Field(mark("Address"), mark("https://example.zendesk.com")),
    ("zendesk", "login"): Field(
        mark("Agent's address"),
        mark(
            "Only with an API token: the e-mail address of the agent in whose name Sobani asks. Best one made for it."
        ),
    ),
    ("zendesk", "token"): Field(
        mark("API token"),
        mark(
            "In Zendesk: Admin Center > Apps and integrations > APIs > API tokens. Leave it empty if you give your consent with a "
            "client ID instead."
        ),
    ),
    ("zendesk", "client_id"): Field(
        mark("Client ID"),
        mark(
            "Only for consent: Admin Center > Apps and integrations > APIs > OAuth clients, the identifier of a client you add."
        ),
    ),
    ("zendesk", "client_secret"): Field(
        mark("Client secret"), mark("Of the same OAuth client; Zendesk shows it once, when the client is saved.")
    ),
    ("zendesk", "webhook"): Field(
        mark("Signing secret of the webhook"),
        mark(
            "After the webhook has been made: its page > Reveal secret. It proves that webhooks come from Zendesk: without it they are "
            "refused."
        ),
    ),
    ("zendesk", "complaints"): Field(
        mark("Tags of complaints"), mark("Tickets with one of these tags are shown as complaints; separated by commas.")
    ),
    # Salesforce
    ("salesforce", "url"): Field(
        mark("Address"), mark("My Domain, as under Setup > My Domain: https://example.my.salesforce.com")
    ),
    ("salesforce", "client_id"): Field(
        mark("Consumer key"),
        mark(
            "Setup > External Client App Manager (or App Manager) > your app with OAuth enabled, scopes api and refresh_token > Consumer "
            "Key and Secret."
        ),
    ),
    ("salesforce", "client_secret"): Field(
        mark("Consumer secret"), mark("Beside the consumer key. Not needed with a private key.")
    ),
    ("salesforce", "private_key"): Field(
        mark("Private key"), mark("Only for the JWT bearer flow: PEM, the one whose certificate the app has.")
    ),
    ("salesforce", "username"): Field(
        mark("User"), mark("Only with a private key: the user name in whose name Sobani asks.")
    ),
    ("salesforce", "audience"): Field(
        mark("Sign-in server"), mark("Only with a private key: https://test.salesforce.com for a sandbox.")
    ),
    ("salesforce", "fields"): Field(
        mark("Fields of your own"),
        mark(
            "One a line: a name that the panel knows or a label of your own = the field's API name. Examples: plan = Plan__c, of the "
            "account contract_end = Account.Contract_End__c, of leads plan = Lead.Plan__c"
        ),
    ),
    ("salesforce", "addresses"): Field(
        mark("Further address fields"),
        mark("API names of fields of contacts that hold another address, separated by commas."),
    ),
    ("salesforce", "currency"): Field(mark("Currency"), mark("Of your organization, such as JPY, if it has one only.")),
    ("salesforce", "currencies"): Field(mark("Currencies"), mark("Several: if multiple currencies are enabled.")),
    ("salesforce", "orders"): Field(
        mark("Read orders"), mark("Only if orders are enabled, and the user may read them.")
    ),
    ("salesforce", "complaints"): Field(
        mark("Words for complaints"), mark("Values of a case's type or reason, separated by commas.")
    ),
    ("salesforce", "log_as"): Field(
        mark("Log mails as"),
        mark("An e-mail message needs Enhanced Email or Email-to-Case; automatic takes a task where it is missing."),
    ),
    ("salesforce", "task_status"): Field(
        mark("Status of logged tasks"), mark("As your organization names a finished task: Completed, 完了")
    ),
    ("salesforce", "deal_stage"): Field(
        mark("Stage of new deals"), mark("The API name of a stage of your organization.")
    ),
    ("salesforce", "deal_days"): Field(mark("Close date of new deals"), mark("So many days from today.")),
    ("salesforce", "version"): Field(mark("API version"), mark("Leave it as it is.")),
    # Any other
    ("http", "url"): Field(
        mark("Address to look customers up"),
        mark(
            "With {email} where the customer's address belongs, or with {domain} or {name}. Example: "
            "https://crm.example.com/api/contacts?email={email}"
        ),
    ),
    ("http", "load_url"): Field(
        mark("Address of one record"),
        mark(
            "With {id}; only if the look-up does not answer with everything. Example: https://crm.example.com/api/contacts/{id}"
        ),
    ),
    ("http", "records"): Field(
        mark("Where the records stand"), mark("JSONPath in the answer: the list, or each record. Example: $.results[*]")
    ),
    ("http", "record"): Field(
        mark("Where the one record stands"), mark("JSONPath in the answer of the address of one record. Usually $")
    ),
    ("http", "fields"): Field(
        mark("Where each value stands"),
        mark(
            "One a line, as name = JSONPath in the record: id = $.id, name = $.full_name, addresses = $.emails[*], plan = $.plan. Lists: "
            "tickets = $.tickets[*] with tickets.title = $.subject. A name that the panel does not know is shown as it is written. "
            "docs/crm.md lists all names."
        ),
    ),
    ("http", "kind"): Field(mark("What a record is")),
    ("http", "header"): Field(
        mark("Header of the credentials"),
        mark("Usually Authorization. Empty: the system is asked without credentials."),
    ),
    ("http", "token"): Field(
        mark("Value of this header"), mark("Whole, as the system wants it: Bearer abc..., Token abc...")
    ),
    ("http", "zone"): Field(mark("Time zone"), mark("Of times that name none, such as Asia/Tokyo. Empty: UTC.")),
}
"""(kind, field) -> words; ("", field) where every kind means the same."""

CHOICES: Final[Mapping[tuple[CrmKind, str, str], str]] = {
    ("hubspot", "orders", "no"): mark("No"),
    ("hubspot", "orders", "yes"): mark("Yes"),
    ("http", "kind", "contact"): mark("A person"),
    ("http", "kind", "lead"): mark("A lead"),
    ("http", "kind", "company"): mark("A company"),
    ("salesforce", "currencies", "one"): mark("One"),
    ("salesforce", "currencies", "several"): mark("Several"),
    ("salesforce", "orders", "no"): mark("No"),
    ("salesforce", "orders", "yes"): mark("Yes"),
    ("salesforce", "log_as", "auto"): mark("Automatic"),
    ("salesforce", "log_as", "email"): mark("E-mail message"),
    ("salesforce", "log_as", "task"): mark("Task"),
    ("odoo", "transport", "auto"): mark("Automatic"),
    ("odoo", "transport", "xmlrpc"): mark("XML-RPC (up to version 18)"),
    ("odoo", "transport", "json2"): mark("JSON-2 (from version 19 on)"),
}
"""(kind, field, value) -> words."""

HOOKS: Final[Mapping[CrmKind, str]] = {
    "hubspot": mark(
        "In HubSpot, in the app of the token: Webhooks > enter this address as the target URL, and subscribe to created, changed, "
        "deleted and merged for contacts, companies, deals and tickets."
    ),
    "kintone": mark(
        "In kintone, in each app: App settings > Customization and integration > Webhooks > Add. Enter the address without https://, "
        "tick adding, editing and deleting of records, and update the app."
    ),
    "zendesk": mark(
        "In Zendesk: Admin Center > Apps and integrations > Webhooks > Create webhook > Zendesk events, for users, organizations and "
        "tickets. Enter this address, method POST, format JSON. Then bring its signing secret into the form above."
    ),
    "odoo": mark(
        "In Odoo 17 or newer, with developer mode: Settings > Technical > Automation Rules. One rule each for contacts, leads, tickets "
        "and orders, when saved, with the action Send Webhook Notification to this address."
    ),
}
"""Where the address of a webhook is entered in each CRM."""
