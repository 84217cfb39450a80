"""Every page of the portal, by a name that pictures have too."""


def of(portal):
    """Paths by name, of objects that are there."""
    batches = portal.ask("GET", "/v1/batches?limit=50")["items"]
    # One that something was made of, of the ODM whose people look.
    own = portal.organisation("odmEngineer")
    for batch in [each for each in batches if each["organisation"] == own] or batches:
        units = portal.ask("GET", f"/v1/batches/{batch['id']}/units?limit=1")["items"]
        if units:
            break
    me = portal.ask("GET", "/v1/me")["person"]["id"]
    # The only admin can't be deactivated: what is asked of a person is asked of another.
    other = next((each["id"] for each in portal.ask("GET", "/v1/people?limit=200")["items"] if each["id"] != me), me)
    place = f"/products/{batch['product']}"
    version = f"{place}/versions/{batch['version']}"
    factory = f"/factories/{batch['factory']}"
    return {
        "overview": "/", "products": "/products", "product": place, "product-new": "/products/new",
        "version": version, "version-statement": f"{version}?tab=statement",
        "version-manifest": f"{version}?tab=manifest", "version-new": f"{place}/versions/new",
        "approval": f"{version}/approval", "batches": "/batches", "batch-new": "/batches/new",
        "batch": f"/batches/{batch['id']}", "batch-close": f"/batches/{batch['id']}?do=close",
        "factories": "/factories", "factory": factory, "factory-new": "/factories/new", "site-events": f"{factory}/events",
        "factory-join": f"{factory}?do=join", "factory-enrol": f"{factory}?do=enrol", "edge": f"{factory}/edges/{batch['edgeHSM']}",
        "devices": "/devices", "devices-of-batch": f"/devices?batch={batch['authorization']}",
        "devices-none": "/devices?q=NOTHING0001", "device": f"/devices/{units[0]['id']}" if units else "/devices",
        "alarms": "/alarms", "alarms-all": "/alarms?show=all", "audit": "/audit", "keys": "/keys",
        "keys-bring": "/keys?do=role-keys", "orders": "/keys/orders", "order-bring": "/keys/orders?do=order",
        "product-rules": f"{place}?do=rules", "product-invite": f"{place}?do=workspace", "batch-revoke": f"/batches/{batch['id']}?do=revoke",
        "product-keys": f"{place}?do=keys", "factory-prepare": f"{factory}?do=prepare",
        "factory-certificates": f"{factory}?do=certificates", "factory-certificate": f"{factory}?do=certificate",
        "person-reset": f"/people/{other}?do=reset", "person-end": f"/people/{other}?do=end", "person-off": f"/people/{other}?do=off",
        "people": "/people", "person": f"/people/{me}", "invite": "/people/invite", "invite-odm": "/people/invite?kind=odm",
        "account": "/account", "account-password": "/account/password", "account-token": "/account/tokens/new",
        "account-authenticator": "/account/authenticator", "account-codes": "/account/recovery-codes",
        "account-verify": "/account/verify",
        "exports": "/exports", "exports-chosen": f"/exports?batch={batch['id']}&product={batch['product']}",
        "devices-ungranted": f"/devices?batch={64 * '0'}", "styleguide": "/styleguide", "not-here": "/not-here",
    }


# Dialogs of a version on its way, which the pictures' own review makes: by their names, after the version's path.
OF_A_REVIEW = {"version-submit": "?do=submit", "review-reject": "?do=reject", "review-sign": "?do=sign"}


# Where nobody has to have signed in.
OPEN = {
    "setup": "/setup", "join": "/join", "sign-in": "/sign-in", "sign-in-recovery": "/sign-in?recovery=1", "reset": "/reset",
}


# Dialogs that are not walked, and why.
NO_DIALOG = {
    "on": "of somebody who is deactivated; that of `off` with other words", "example": "of the style guide, by its button",
}


# Pages that are not walked, and why: every other page of the portal stands above.
NOT_WALKED = {
    "/batches/{batch}/package.json": "a file",
    "/devices/{unit}/proof.json": "a file",
    "/products/{product}/versions/{version}/approval.json": "a file",
    "/products/{product}/versions/{version}/manifest.json": "a file",
    "/products/{product}/versions/{version}/sign.tar": "a file",
    "/products/{product}/approvals/{number}/approval.json": "a file",
    "/factories/{factory}/edges/{edge}/enrolment.json": "a file",
    "/factories/{factory}/edges/{edge}/certificates/{product}/certificates.json": "a file",
    "/factories/{factory}/edges/{edge}/evidence/{number}/evidence.json": "a file",
    "/factories/{factory}/downlink.tar": "a file",
    "/factories/{factory}/preparations/{edge}/{product}/preparation.json": "a file",
    "/keys/role-keys.json": "a file",
    "/audit/checkpoint.json": "a file",
    "/audit/export.jsonl": "a file",
    "/exports/{file}": "a file",
    "/exports/audit/{file}": "a file",
    "/exports/products/{product}/{file}": "a file",
    "/exports/factories/{factory}/{file}": "a file",
    "/exports/edges/{edge}/{file}": "a file",
    "/exports/batches/{batch}/{file}": "a file",
    "/exports/people/{person}/{file}": "a file",
}
