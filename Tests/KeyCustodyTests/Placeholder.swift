// KeyCustody tests
