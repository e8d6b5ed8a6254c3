"""How the embedded model is made: procedural clips, the loop, the evaluation, the export."""
