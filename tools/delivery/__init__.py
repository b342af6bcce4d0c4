"""What the steps of the pipelines do: every make target that a buildspec calls ends here."""
