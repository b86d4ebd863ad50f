// Last: every part has said how it puts a choice into effect.
state.start();
