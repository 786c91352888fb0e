"""An agent has the language model work on a reply, where one is configured."""

from __future__ import annotations

import msgspec

from server.domain.outcomes import NotOurs, Outcome
from server.replies.masking import Known
from server.replies.polish import Declined, Job, Task
from server.usecases.checking import draft_of, written_in
from server.usecases.desk import Command, Desk
from server.usecases.editor import checked, tasks_for, text_of, view_of
from server.usecases.suggest import known


def rewrite(desk: Desk, command: Command) -> Outcome:
    """Have the language model polish, shorten or translate the text. Whatever comes back is checked like the agent's own."""
    view = view_of(desk, command)
    if view is None:
        return NotOurs()
    text, viewer = text_of(command), command.viewer
    task = command.args.get("task", "")
    if desk.model is None or task not in tasks_for(desk, text):
        return checked(desk, command, view, text)
    language = written_in(text, view, command.place, viewer)
    draft = draft_of(viewer, command.place, view, text)
    people = (*draft.customer_names, *(one for one in (draft.agent_name,) if one))
    companies = (*draft.company_names, *(one for one in (draft.our_company,) if one))
    known_names = Known(people=people, companies=companies)
    facts = known(viewer, command.place, view, language) if task == Task.DRAFT else {}
    job = Job(Task(task), text, "en" if language == "en" else "ja", dict(facts), known_names)
    made = desk.model.rewrite(f"{viewer.workspace.id}:{viewer.id}", job)
    if isinstance(made, Declined):
        return msgspec.structs.replace(checked(desk, command, view, text), declined=made.reason)
    return checked(desk, command, view, made.text, placed=True)
