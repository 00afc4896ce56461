"""All tables in one place, so that the metadata is complete for migrations and tests."""

from sqlmodel import SQLModel

import digest.catalogue.tables
import digest.delivery.tables
import digest.issues.tables
import schedules.tables
import subscribers.tables

metadata = SQLModel.metadata
